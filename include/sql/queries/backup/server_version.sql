-- Which major version is the server of?
SELECT current_setting('server_version_num')::integer / 10000
