"""What pages share, at the campus and at the center: layout, languages, signs, people, documents (页面共用)."""
