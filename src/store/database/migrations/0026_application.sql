-- Marks the file as a database of this program: "PDig" in SQLite's header. A file without the mark, and without the tables
-- of the migrations before, is another program's, and is left alone.
PRAGMA application_id = 1346660711;
