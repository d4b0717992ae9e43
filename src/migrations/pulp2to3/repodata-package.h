/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* A row of Pulp's rpm_package, and one of rpm_updaterecord with what belongs to it, as libcreaterepo-c has
 * them. All strings are copied, without the control characters that XML cannot hold. */

#include "migrations/pulp2to3/repodata.h"

/* Columns as texts; NULL is NULL. Lists are JSON arrays, as Pulp has them: of a dependency
 * [name, flags, epoch, version, release, pre], of a file [type, directory, name], of a changelog
 * [author, date, text]. */
enum {
        PACKAGE_NAME,
        PACKAGE_EPOCH,
        PACKAGE_VERSION,
        PACKAGE_RELEASE,
        PACKAGE_ARCH,
        PACKAGE_CHECKSUM,
        PACKAGE_CHECKSUM_TYPE,
        PACKAGE_SUMMARY,
        PACKAGE_DESCRIPTION,
        PACKAGE_URL,
        PACKAGE_LOCATION_BASE,
        PACKAGE_LOCATION_HREF,
        PACKAGE_BUILDHOST,
        PACKAGE_GROUP,
        PACKAGE_LICENSE,
        PACKAGE_PACKAGER,
        PACKAGE_SOURCERPM,
        PACKAGE_VENDOR,
        PACKAGE_HEADER_START,
        PACKAGE_HEADER_END,
        PACKAGE_SIZE_ARCHIVE,
        PACKAGE_SIZE_INSTALLED,
        PACKAGE_SIZE_PACKAGE,
        PACKAGE_TIME_BUILD,
        PACKAGE_TIME_FILE,
        PACKAGE_REQUIRES,
        PACKAGE_PROVIDES,
        PACKAGE_CONFLICTS,
        PACKAGE_OBSOLETES,
        PACKAGE_SUGGESTS,
        PACKAGE_ENHANCES,
        PACKAGE_RECOMMENDS,
        PACKAGE_SUPPLEMENTS,
        PACKAGE_FILES,
        PACKAGE_CHANGELOGS,
        _PACKAGE_MAX
};

/* Returns 0, -ENOMEM, or -EBADMSG: a list is not as above, and the text names it. */
int package_new(const char *const columns[static _PACKAGE_MAX], cr_Package **ret, char **ret_error);

/* Likewise. UPDATE_REBOOT is "t" or "f". UPDATE_COLLECTIONS is a JSON array of objects with the columns of
 * rpm_updatecollection, and "packages": an array of objects with those of rpm_updatecollectionpackage;
 * UPDATE_REFERENCES one of those of rpm_updatereference. */
enum {
        UPDATE_ID,
        UPDATE_UPDATED,
        UPDATE_ISSUED,
        UPDATE_DESCRIPTION,
        UPDATE_FROM,
        UPDATE_STATUS,
        UPDATE_TITLE,
        UPDATE_SUMMARY,
        UPDATE_VERSION,
        UPDATE_TYPE,
        UPDATE_SEVERITY,
        UPDATE_SOLUTION,
        UPDATE_RELEASE,
        UPDATE_RIGHTS,
        UPDATE_PUSHCOUNT,
        UPDATE_REBOOT,
        UPDATE_COLLECTIONS,
        UPDATE_REFERENCES,
        _UPDATE_MAX
};

/* Copies a text as above; NULL stays NULL. Owned by the chunk. */
char *repodata_text(GStringChunk *chunk, const char *text);

int update_new(const char *const columns[static _UPDATE_MAX], cr_UpdateRecord **ret, char **ret_error);
