/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* Writes the repodata of a yum repository with libcreaterepo-c, a package at a time: primary, filelists, other
 * and updateinfo, SQLite databases of the first three on demand, any other file that is given, and repomd.xml.
 * Knows nothing of Pulp and of PostgreSQL.
 *
 * The order of calls: new, packages and updates in any order, close, further files, finish.
 *
 * All errors are -EIO with the library's text, -EBADMSG: what was given cannot be written as XML, -EINVAL:
 * unknown checksum type, or -ENOMEM. */

#include "base/macro.h"

/* After base/macro.h: GLib takes other definitions of MIN and MAX away before it makes its own. */
#include <createrepo_c/package.h>
#include <createrepo_c/updateinfo.h>

typedef struct Repodata Repodata;

static inline void package_free(cr_Package *package) {
        cr_package_free(package);
}
DEFINE_CLEANUP(cr_Package *, package_free);

static inline void update_free(cr_UpdateRecord *record) {
        cr_updaterecord_free(record);
}
DEFINE_CLEANUP(cr_UpdateRecord *, update_free);

/* directory is an empty directory; checksum_type ("sha256") is that of the metadata files' names and of
 * repomd.xml; timestamp, in seconds, is what repomd.xml says of all files and, unless empty, its revision: no
 * clock is read, so that the same input gives the same bytes. n_packages must be what will be added. */
int repodata_new(const char *directory, const char *checksum_type, bool sqlite, int64_t n_packages, int64_t timestamp,
                 bool empty, Repodata **ret, char **ret_error);
/* Accepts NULL, returns NULL; leaves the directory's files. */
Repodata *repodata_free(Repodata *r);
DEFINE_CLEANUP(Repodata *, repodata_free);

int repodata_add_package(Repodata *r, cr_Package *package, char **ret_error);
int repodata_add_update(Repodata *r, cr_UpdateRecord *record, char **ret_error);

/* Ends what packages and updates are in, and gives the files their names with the checksum in front. */
int repodata_close(Repodata *r, char **ret_error);

/* Takes a finished file of the directory in under a type such as "modules"; it is renamed as above. Returns
 * -EEXIST when there is one of that type, which stays: what is generated here is not replaced. */
int repodata_add_file(Repodata *r, const char *type, const char *name, char **ret_error);

/* Writes repomd.xml. */
int repodata_finish(Repodata *r, char **ret_error);

/* Calls file() for the name of each finished file in the directory, repomd.xml last; ends when it fails. */
int repodata_each(Repodata *r, int (*file)(const char *name, void *userdata), void *userdata);

/* The library's name of a checksum type as Pulp 2 writes them: "sha" is "sha1". NULL: unknown, or unfit for
 * metadata. Source: CHECKSUM_TYPES in pulp_rpm's constants. */
const char *repodata_checksum_type(const char *type);
