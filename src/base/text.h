/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Strings and string lists: allocation, comparison, strict number and time span parsing. */

#include <string.h>

#include "base/macro.h"

static inline bool streq(const char *a, const char *b) {
        return strcmp(a, b) == 0;
}

/* As streq(), where NULL equals only NULL. */
static inline bool streq_ptr(const char *a, const char *b) {
        return a && b ? streq(a, b) : a == b;
}

static inline bool startswith(const char *s, const char *prefix) {
        return strncmp(s, prefix, strlen(prefix)) == 0;
}

/* Formats into a new string owned by the caller; NULL when out of memory. */
char *text_format(const char *format, ...) _printf_(1, 2);

/* Sets *p to a newly formatted text if p is not NULL and *p is still NULL: the first error wins. Always returns
 * error, so that a caller can write: return text_error(ret_error, -EINVAL, "...", ...). */
int text_error(char **p, int error, const char *format, ...) _printf_(3, 4);

/* Frees a NULL-terminated list of strings and the list; accepts NULL; returns NULL. */
char **strv_free(char **v);
DEFINE_CLEANUP(char **, strv_free);

/* Number of strings of a NULL-terminated list; NULL counts as empty. */
size_t strv_length(char *const *v);

/* Copies a NULL-terminated list; NULL when out of memory. */
char **strv_copy(char *const *v);

/* Appends a copy of s. Returns 0 or -ENOMEM; the list is unchanged on failure. */
int strv_append(char ***v, const char *s);

/* Parses a whole string as a decimal number without sign, blanks or leading plus. Returns 0, -EINVAL or -ERANGE. */
int text_parse_u64(const char *s, uint64_t *ret);
int text_parse_u32(const char *s, uint32_t *ret);

/* Parses a time span as systemd writes them, with one or more of us ms s min h d w, or a plain number of seconds, or
 * "infinity" (USEC_INFINITY). Returns 0, -EINVAL or -ERANGE. Source of the words: systemd.time(7). */
int text_parse_usec(const char *s, usec_t *ret);

/* Formats a time span for people ("1min 5s", "350ms"); owned by the caller, NULL when out of memory. */
char *text_format_usec(usec_t usec);

/* Parses a size in bytes: a number, at once followed by K, M, G or T (powers of 1024) or by nothing. Returns 0,
 * -EINVAL or -ERANGE. Source of the letters: systemd.exec(5). */
int text_parse_bytes(const char *s, uint64_t *ret);

/* Formats a size with the binary prefix for people ("1.5G"); owned by the caller, NULL when out of memory. */
char *text_format_bytes(uint64_t bytes);

/* Whether s holds only characters that are safe in a name that becomes part of a unit name: [a-z0-9_]+, at most
 * NAME_LENGTH_MAX bytes. Source: design, "User and sandbox floor". */
#define NAME_LENGTH_MAX 64
bool text_is_name(const char *s);
