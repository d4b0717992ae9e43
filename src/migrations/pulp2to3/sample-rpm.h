/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The rpm part of a sample: what its files share. */

#include "migrations/pulp2to3/sample-tally.h"

/* The packages, of which one of eight is a source package, are numbered through. */
#define RPM_BYTES_MAX 768

typedef struct RpmPackage {
        uint32_t number;
        const char *type; /* "rpm" or "srpm" */
        bool downloaded, modular;
        SamplePlace place;
        SampleDamage damage;
        char id[SAMPLE_ID_SIZE];
        char name[32], version[16], arch[16], filename[80];
} RpmPackage;

#define RPM_EPOCH "0"
#define RPM_RELEASE "1.el8"

/* The package of a number; n: packages at first. Returns false when it went with its repositories: what
 * names it goes on to do so. */
bool rpm_package_make(const Sample *s, uint32_t n, uint32_t number, RpmPackage *ret);

/* Whether the migration can read its document, and whether it becomes a content. */
bool rpm_package_is_readable(const RpmPackage *p);
bool rpm_package_is_migrated(const RpmPackage *p);

/* The package's file, which is no real one: the migration takes what it needs from the document. */
typedef struct RpmFile {
        uint8_t bytes[RPM_BYTES_MAX];
        size_t size;
        char checksum[65];
        char path[192]; /* relative to the content directory */
} RpmFile;
int rpm_file_make(const Sample *s, const RpmPackage *p, RpmFile *ret);

/* Address of a repository's feed at a generation: it ends with a slash. */
#define RPM_FEED_SIZE 96
void rpm_feed(const char *repository, uint32_t changed, char ret[static RPM_FEED_SIZE]);

/* The place of a thing that every repository has one of. */
SamplePlace rpm_repository_place(const Sample *s, uint32_t repository);

/* The types' documents, files, links, and what is expected of them. n: packages at first. */
void rpm_write_packages(SampleTally *t, uint32_t n);
void rpm_write_errata(SampleTally *t, uint32_t n);
void rpm_write_modules(SampleTally *t, uint32_t n);
void rpm_write_comps(SampleTally *t);
void rpm_write_metadata_files(SampleTally *t);
void rpm_write_trees(SampleTally *t);
