-- Run once, when the database is made: the application's role owns its database and is no superuser.
\set password `cat /run/secrets/postgres_password`
CREATE ROLE everthread LOGIN PASSWORD :'password';
CREATE DATABASE everthread OWNER everthread;
