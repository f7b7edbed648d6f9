-- PostgreSQL runs this once, when it makes its data folder.
CREATE DATABASE inbox;
