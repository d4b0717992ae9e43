/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Reads an a{sv} into a struct by a table of keys. */

#include <systemd/sd-bus.h>

#include "base/macro.h"

typedef struct DictionaryField {
        const char *key;
        const char *type; /* signature of the value; another one is an error */
        size_t offset;    /* of the member: char* for s and o, bool for b, else the integer of that width */
        int (*read)(sd_bus_message *m, void *member); /* NULL for the basic types above */
} DictionaryField;

/* Reads the dictionary at the message's position. Keys that the table lacks are skipped, members of keys that
 * the message lacks stay as they are; texts are allocated and the former ones freed. Returns 0, -EBADMSG or
 * another negative errno with *ret_error naming the key. */
int dictionary_read(sd_bus_message *m, const DictionaryField *fields, size_t n, void *target,
                    sd_bus_error *ret_error);
