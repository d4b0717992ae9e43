/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The Pulp 2 database in an archive, as rows: which collections matter, which fields of theirs, and what a
 * field must be. Units of type iso have a table of their own; those of all other types are documents, whose
 * kinds are in dump-unit.c. */

#include <bson/bson.h>

#include "migrations/pulp2to3/archive.h"
#include "migrations/pulp2to3/remote.h"

typedef enum DumpTable {
        DUMP_REPOSITORY,  /* repos */
        DUMP_IMPORTER,    /* repo_importers of the plugins that are asked for */
        DUMP_DISTRIBUTOR, /* repo_distributors of them */
        DUMP_LINK,        /* repo_content_units of their types; plugin NULL: of a type that no plugin has */
        DUMP_LAZY,        /* lazy_content_catalog of their types */
        DUMP_PKGLIST,     /* erratum_pkglists */
        DUMP_ISO,         /* units_iso */
        DUMP_UNIT,        /* units_TYPE of the other types */
        _DUMP_TABLE_MAX,
} DumpTable;

/* Columns of the rows. */
enum { REPOSITORY_OBJECT, REPOSITORY_ID, REPOSITORY_DESCRIPTION, REPOSITORY_ADDED, REPOSITORY_REMOVED };
enum { IMPORTER_OBJECT, IMPORTER_REPOSITORY, IMPORTER_UPDATED };
enum {
        DISTRIBUTOR_OBJECT,
        DISTRIBUTOR_REPOSITORY,
        DISTRIBUTOR_ID,
        DISTRIBUTOR_UPDATED,
        DISTRIBUTOR_URL,
        DISTRIBUTOR_PLUGIN,
        DISTRIBUTOR_CONFIG
};
enum { LINK_REPOSITORY, LINK_TYPE, LINK_UNIT };
enum { LAZY_TYPE, LAZY_UNIT, LAZY_IMPORTER, LAZY_PATH, LAZY_URL, LAZY_REVISION };
enum { PKGLIST_OBJECT, PKGLIST_ERRATUM, PKGLIST_REPOSITORY, PKGLIST_DOCUMENT };
enum { ISO_ID, ISO_UPDATED, ISO_PATH, ISO_DOWNLOADED, ISO_NAME, ISO_CHECKSUM, ISO_SIZE };
enum {
        UNIT_TYPE,
        UNIT_ID,
        UNIT_UPDATED,
        UNIT_PATH,
        UNIT_DOWNLOADED,
        UNIT_SIZE,
        UNIT_REPOSITORY,
        UNIT_KEY,
        UNIT_DOCUMENT, /* JSON */
        UNIT_PRIMARY,  /* repodata snippets of packages, as bytea */
        UNIT_FILELISTS,
        UNIT_OTHER
};
#define DUMP_COLUMNS_MAX 12

/* All is borrowed and valid during the call only. */
typedef struct DumpRow {
        DumpTable table;
        const char *collection;
        const char *id; /* of the document, as text */
        size_t n_columns;
        const char *columns[DUMP_COLUMNS_MAX]; /* as PostgreSQL reads them; NULL: absent */
        const Plugin *plugin;                  /* importers and distributors: whose */
        const Remote *remote;                  /* importers: what the remote will be */
        const bson_t *config;                  /* importers and distributors: the whole */
        uint64_t offset, archive_size_bytes;
} DumpRow;

typedef struct DumpRequest {
        const char *path;
        const char *database;
        const Plugin *const *plugins; /* NULL-terminated: documents of others are passed over */
        /* Takes a row. A negative return ends the reading. */
        int (*row)(const DumpRow *row, void *userdata);
        /* Takes a document that is not as it must be: item names it ("units_iso ID"), reason the field; row has
         * what was read of it before, NULL: not even whose it is. A negative return ends the reading; 0 goes on
         * without the document. */
        int (*bad)(const DumpRow *row, const char *item, const char *reason, void *userdata);
        void *userdata;
} DumpRequest;

/* Reads a whole archive. Returns what archive_read() or a handler returned. */
int dump_read(const DumpRequest *request, char **ret_error);

/* Content types of a plugin, by a number from 0 on, as in the column unit_type_id; NULL: no more. */
const char *dump_type(const Plugin *plugin, size_t i);
