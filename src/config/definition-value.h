/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Values that a definition and its steps have in common. Each reader checks a member and stores a copy that the
 * definition owns. Returns 0, -ENOMEM, or -EBADMSG after json_refuse(). */

#include "config/json-reader.h"

/* Limits that a sane definition stays far below; above them something is wrong with the file. */
#define LIST_MAX 256        /* arguments, paths, variables */
#define WORD_BYTES_MAX 4096 /* one argument, path or value; also PATH_MAX */

typedef enum ListKind {
        LIST_ARGUMENTS, /* the first is a path, at least that */
        LIST_PATHS,
} ListKind;

/* Replaces an owned text by a copy of another. */
int definition_set_text(char **p, const char *s);

/* A name of a migration or step: text_is_name(). */
int definition_read_name(const JsonReader *r, const JsonPlace *at, json_t *value, char **ret);

/* One line for people, at most 1024 bytes. empty: it may be. */
int definition_read_line(const JsonReader *r, const JsonPlace *at, json_t *value, bool empty, char **ret);

/* The name of a system user. */
int definition_read_user_name(const JsonReader *r, const JsonPlace *at, json_t *value, char **ret);

/* An array of texts as a NULL-terminated list. */
int definition_read_list(const JsonReader *r, const JsonPlace *at, json_t *value, ListKind kind, char ***ret);
