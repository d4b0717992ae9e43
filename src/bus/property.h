/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Properties of objects that live in the database. sd-bus's getters are synchronous, a row is not: so one table per
 * interface says how a property comes out of a row, and from it come the vtable (introspection), Get, GetAll, the
 * dictionaries of lists and PropertiesChanged. */

#include <systemd/sd-bus.h>

#include "base/macro.h"
#include "store/pg-client.h"

/* Where values come from. userdata is for append functions that need more than the row. */
typedef struct BusRow {
        PGresult *result;
        int row;
        void *userdata;
} BusRow;

typedef enum BusPropertyFlags {
        BUS_PROPERTY_CONST = 1 << 0,   /* never changes */
        BUS_PROPERTY_CHANGES = 1 << 1, /* PropertiesChanged carries it */
        BUS_PROPERTY_SINGLE = 1 << 2,  /* left out of lists and of GetManagedObjects: may be large */
} BusPropertyFlags;

typedef struct BusProperty BusProperty;

/* Appends the value (not the variant). Returns a negative errno on failure. */
typedef int (*BusAppend)(sd_bus_message *m, const BusRow *row, const BusProperty *p);

/* One property, or one key of a dictionary. A table ends with {}. */
struct BusProperty {
        const char *name;
        const char *signature;
        const char *column; /* of the row; its text is the value when append is NULL (signature s u i t) */
        BusPropertyFlags flags;
        const char *fallback; /* for a NULL column; NULL: "" or 0 */
        BusAppend append;
};

/* NULL when the table has none of that name. */
const BusProperty *bus_property_find(const BusProperty *table, const char *name);

/* Appends the value as a variant. */
int bus_property_append(sd_bus_message *m, const BusProperty *p, const BusRow *row);

/* Appends a{sv} of all properties but those with one of the flags in without. */
int bus_properties_append(sd_bus_message *m, const BusProperty *table, const BusRow *row, BusPropertyFlags without);

/* The same with a further key at the end, when extra is not NULL. */
int bus_properties_append_with(sd_bus_message *m, const BusProperty *table, const BusProperty *extra,
                               const BusRow *row, BusPropertyFlags without);

/* Emits PropertiesChanged with every BUS_PROPERTY_CHANGES property whose column differs; before NULL: with all of
 * them. Nothing is sent when nothing differs. Returns a negative errno on failure. */
int bus_properties_emit_changed(sd_bus *bus, const char *path, const char *interface, const BusProperty *table,
                                const BusRow *before, const BusRow *now);

/* Bytes that a dictionary of this row takes in a message, roughly and rather too many. */
size_t bus_row_size(const BusRow *row);

/* Joins the methods and signals of members (a complete vtable) with the table's properties. Their getters fail: Get
 * and GetAll are to be answered before sd-bus comes to them. *ret is owned by the caller, must outlive the bus, and
 * is freed by free(). */
int bus_vtable_new(const sd_bus_vtable *members, const BusProperty *table, sd_bus_vtable **ret);
