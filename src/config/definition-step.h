/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* One step of a definition. */

#include "config/definition.h"
#include "config/json-reader.h"

/* Reads a step, an element of d->steps, with the defaults of the format and of the definition. Returns 0, -ENOMEM, or
 * -EBADMSG after json_refuse(). */
int definition_read_step(const JsonReader *r, const JsonPlace *at, json_t *value, const Definition *d,
                         DefinitionStep *step);
