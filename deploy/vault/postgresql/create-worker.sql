CREATE ROLE "{{name}}" LOGIN PASSWORD '{{password}}' VALID UNTIL '{{expiration}}' IN ROLE tashika_connect;
GRANT tashika_owner TO "{{name}}" WITH INHERIT FALSE, SET TRUE;
ALTER ROLE "{{name}}" SET role = 'tashika_owner'
