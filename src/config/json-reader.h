/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Reading of a JSON document into a structure by tables of keys: types, ranges, unknown keys, errors that
 * name the place. */

#include <jansson.h>

#include "base/macro.h"

/* The place in the document: one on the stack for each level. */
typedef struct JsonPlace {
        const struct JsonPlace *parent; /* NULL: the document itself */
        const char *key;                /* member of an object; NULL: element of an array */
        size_t index;
} JsonPlace;

/* What all functions of one document need. */
typedef struct JsonReader {
        const char *path;       /* of the file */
        char **ret_error;
} JsonReader;

/* One key of an object. */
typedef struct JsonKey {
        const char *name;
        bool required;
        /* Stores the value in the object's structure. Returns 0 or a negative errno with the error set. */
        int (*read)(const JsonReader *r, const JsonPlace *at, json_t *value, void *userdata);
} JsonKey;

/* Sets the error to "FILE: POINTER: reason"; the document itself is written as "/". Returns -EBADMSG. */
int json_refuse(const JsonReader *r, const JsonPlace *at, const char *format, ...) _printf_(3, 4);

/* Reads an object by a table that ends with a NULL name. Unknown keys are refused, with the nearest known
 * one. */
int json_read_object(const JsonReader *r, const JsonPlace *at, json_t *value, const JsonKey *keys,
                     void *userdata);

/* Refuses what is no string, empty (unless allowed), longer than length_max bytes, or has control characters.
 * *ret is borrowed. */
int json_read_text(const JsonReader *r, const JsonPlace *at, json_t *value, bool empty, size_t length_max,
                   const char **ret);

/* An integer within the range. */
int json_read_integer(const JsonReader *r, const JsonPlace *at, json_t *value, int64_t min, int64_t max,
                      int64_t *ret);

int json_read_bool(const JsonReader *r, const JsonPlace *at, json_t *value, bool *ret);

/* A time span: text as systemd writes it, or an integer of seconds; finite and at most max unless infinity is
 * allowed. */
int json_read_usec(const JsonReader *r, const JsonPlace *at, json_t *value, bool infinity, usec_t max,
                   usec_t *ret);

/* A size in bytes: text as systemd writes it ("512M"), or an integer; from 1 to INT64_MAX. */
int json_read_bytes(const JsonReader *r, const JsonPlace *at, json_t *value, uint64_t *ret);

/* One of a NULL-terminated list of words; *ret is its index. */
int json_read_word(const JsonReader *r, const JsonPlace *at, json_t *value, const char *const *words,
                   unsigned *ret);
