-- How many pupils each class has (班级人数): pupils are not written down one by one, a roll call counts them by class.
CREATE TABLE class_size (
    class_name       TEXT PRIMARY KEY,            -- '一1班'; a school that knows only one number writes '全校'
    pupils           INTEGER NOT NULL CHECK (pupils > 0),
    place            INTEGER NOT NULL             -- in the list
) STRICT;
