/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <bson/bson.h>

/* Appends the fields of a document to another one, and puts something else in the place of the one that is number
 * *countdown of all, at any depth: another type, a missing field, a long or an odd text. *countdown is decreased for
 * each field that was passed. */
void bson_replace(const bson_t *from, bson_t *to, uint64_t *countdown, uint64_t kind);

/* Fields of a document, at any depth. */
uint64_t bson_count(const bson_t *document);
