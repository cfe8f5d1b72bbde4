-- Which release's schema does the warehouse have?
SELECT version_num FROM public.schema_version
