"""Uploaded tables (导入表格): read with suspicion, all rows or every mistake, never half."""
