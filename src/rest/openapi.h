/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The OpenAPI document, made from the table of routes, the parameters of lists and the schemas. */

#include <jansson.h>

/* A new document, NULL when out of memory. */
json_t *openapi_make(void);
