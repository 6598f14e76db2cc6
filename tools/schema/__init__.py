"""JSON Schema: conversion from OpenAPI to what hosts accept, and validation of arguments."""
