"""What every room stands on: database, viewer, access, pages, forms, jobs, audit, locale. It knows no feature."""
