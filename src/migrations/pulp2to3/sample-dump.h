/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The database of a sample, as a mongodump archive. */

#include <bson/bson.h>

#include "migrations/pulp2to3/archive-writer.h"
#include "migrations/pulp2to3/sample.h"

/* Creates the archive path, which must not exist. The checksums of the units have to be known:
 * sample_write_content() goes before. The files of the parts are written below the directory content meanwhile, and
 * what is expected of them is noted in the sample. Returns 0, or a negative errno with a text. */
int sample_write_archive(Sample *s, const char *path, const char *content, char **ret_error);

/* An object id that is unique by collection (its index in sample_collections) and number. */
void sample_oid(const Sample *s, size_t collection, uint32_t number, bson_oid_t *ret);

/* Moments of the sample's history in seconds since 1970: its server was set up, then its units were added one
 * after another. */
#define SAMPLE_TIME_BEGIN \
        INT64_C(1572546743) /* 2019-10-31 18:32:23 UTC, any moment of Pulp 2's life would do */
static inline int64_t sample_unit_time(uint32_t unit) {
        return SAMPLE_TIME_BEGIN + 60 + unit / 50;
}

/* ISO 8601 in UTC, as Pulp 2 stores many times: "2019-10-31T18:32:23Z". */
#define SAMPLE_TIME_SIZE 24
void sample_format_time(int64_t time, char ret[static SAMPLE_TIME_SIZE]);

/* Writes the collections that a migration passes over: users, tasks, histories, locks (sample-server.c). */
void sample_write_server(const Sample *s, ArchiveWriter *w);
