/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What a plugin brings to the step publications, and what the step gives it. publications.c decides which
 * versions are due; a plugin's publish() makes the metadata files of one as artifacts, outside of a transaction;
 * then the step writes its rows: core_publication, the metadata files with their contents, and what the plugin's
 * script says. */

#include "migrations/pulp2to3/artifact.h"
#include "migrations/pulp2to3/step.h"

/* A version that a distributor publishes, and that has no publication yet with its options. All is borrowed. */
typedef struct Due {
        const char *plugin;
        const char *version_id;       /* Pulp 3 repository version */
        const char *repository;       /* name of the Pulp 3 repository */
        const char *pulp2_repository; /* repo_id whose content the version has */
        const char *config;           /* of the first of its distributors, as JSON text */
        const char *options;          /* what of it the publication depends on, as JSON text */
} Due;

/* A metadata file of a publication. */
typedef struct PublishedFile {
        char *relative_path; /* owned */
        DigestSet digests;
} PublishedFile;

typedef struct Publication {
        Due due;
        PublishedFile *files;
        size_t n_files;
        char *detail; /* JSON text for the plugin's script; NULL: {}; owned */
} Publication;

typedef struct Publisher {
        Step *step;
        Digests *digests;
        ArtifactStore store;
        /* An empty directory on the media's file system for files in the making, where the plugin has asked for it;
         * what is left in it after publish() is removed. */
        char *directory; /* its path */
        int directory_fd;
} Publisher;

/* A plugin's publication. In the script $1 is the publication's id, $2 the version's id, $3 detail; it inserts the
 * plugin's row and the core_publishedartifact rows of the version's content (not those of the metadata files). */
typedef struct PublicationType {
        const char *plugin;
        const char *pulp_type;
        bool pass_through;  /* core_publication.pass_through */
        bool has_directory; /* publish() needs p->directory */
        /* Returns 0, or a negative errno after step_fail(). */
        int (*publish)(Publisher *p, Publication *publication);
        const char *sql_write;
} PublicationType;

extern const PublicationType publication_iso;
extern const PublicationType publication_rpm;
extern const PublicationType publication_deb;

/* Gives a finished file of p->directory, by its name there, to the artifacts, and takes it out of the directory.
 * Returns 0 or a negative errno after step_fail(). */
int publisher_store(Publisher *p, const char *name, DigestSet *ret);

/* Notes a stored file as one of the publication's, under a path such as "repodata/repomd.xml". */
int publication_add(Publisher *p, Publication *publication, const char *relative_path, const DigestSet *digests);

/* For publications.c: makes what a task needs, and frees it. Digests and store are there, the directory is made when
 * it is first asked for. */
int publisher_open(Publisher *p, Step *s);
void publisher_done(Publisher *p);
int publisher_prepare_directory(Publisher *p);
int publisher_clear_directory(Publisher *p);

/* Writes the rows of a publication in the open transaction. */
int publication_write(Publisher *p, const PublicationType *type, const Publication *publication);
void publication_done(Publication *publication);
