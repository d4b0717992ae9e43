/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What a step of a definition does about each class of failure. */

#include "config/definition.h"
#include "config/json-reader.h"

/* Reads the object "failures" of a step, whose "expand" and "memory-max" are read already. Returns 0, -ENOMEM, or
 * -EBADMSG after json_refuse(). */
int definition_read_failures(const JsonReader *r, const JsonPlace *at, json_t *value, DefinitionStep *step);
