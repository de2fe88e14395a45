"""The only room that speaks SQL: engine, tables, stores, migrations, backups.

Rows are handed out as frozen values, never as rows of a table, so no other room learns how they are kept.
"""
