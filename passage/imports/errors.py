"""Refusals of this room.

Of a file: empty_file, file_too_large, too_many_rows, not_a_list, old_spreadsheet, broken_spreadsheet, no_columns.
Of the columns: column_twice, nothing_to_import.
Of a row: see `passage.imports.cells` and `passage.imports.deciding`.
Of an import: import_moved_on (somebody else was faster), import_too_old.
"""
