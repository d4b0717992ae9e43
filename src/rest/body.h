/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The fields that a body may have. */

#include "rest/request.h"

typedef enum BodyType {
        BODY_ANY, /* the handler looks */
        BODY_TEXT,
        BODY_BOOLEAN,
        BODY_WORKERS, /* 1..WORKERS_MAX */
} BodyType;

/* A table of these ends with {}. */
typedef struct BodyField {
        const char *name;
        BodyType type;
} BodyField;

/* Whether the body is there, has no other fields, and those that it has are of their type; else the request is
 * answered. */
bool body_check(Request *q, const BodyField *fields);
