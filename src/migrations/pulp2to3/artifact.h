/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Pulp 3's artifact files: MEDIA_ROOT/artifact/XX/REST, named by their SHA-256. A file gets its name only
 * when it is whole.
 *
 * What is durable when: a file's bytes before it gets its name (a hard link's were the source's already), and
 * the names when artifact_store_sync() returns. */

#include "migrations/pulp2to3/digests.h"

/* "artifact/XX/" and 62 digits: the column core_artifact.file. */
#define ARTIFACT_NAME_SIZE 77

/* Of names in MEDIA_ROOT/artifact that are not artifacts. */
#define ARTIFACT_TEMPORARY_PREFIX ".migration-"

typedef struct ArtifactStore {
        int fd;             /* of MEDIA_ROOT */
        char *root;         /* its path, for texts */
        char temporary[64]; /* name of the file that is being written, below MEDIA_ROOT */
        bool dirty[256];    /* artifact/XX has a name that is not durable yet */
        size_t n_dirty;     /* how many have */
        bool is_new;        /* there is a new XX */
} ArtifactStore;

/* How a file came to its name. */
typedef enum ArtifactHow {
        ARTIFACT_LINKED = 0, /* as a hard link of the source */
        ARTIFACT_COPIED = 1,
        ARTIFACT_PRESENT = 2, /* it was there */
} ArtifactHow;

/* Opens the store. report and task make the name of the temporary file: a former attempt's is overwritten.
 * Returns 0 or a negative errno with a text. */
int artifact_store_open(const char *media_root, int32_t report, int32_t task, ArtifactStore *ret,
                        char **ret_error);
void artifact_store_done(ArtifactStore *s);

void artifact_name(const char *sha256, char ret[static ARTIFACT_NAME_SIZE]);

/* Gives a file of that digest its name: a hard link of source_name below source_directory_fd, or a copy of
 * source_fd where no link can be made (other file system, too many links, not ours, sandboxed). Returns an
 * ArtifactHow, or
 *   -EBADMSG   the file changed meanwhile, or another one has its name: the text says so
 *   -errno     of the failed call: -ENOSPC, -EDQUOT, … */
int artifact_store_add(ArtifactStore *s, int source_directory_fd, const char *source_name, int source_fd,
                       const DigestSet *digests, char **ret_error);

/* A file that is written here: begin, write to the returned descriptor, end under its digest. The descriptor
 * stays the store's. End returns an ArtifactHow or a negative errno; the file has mode 0644. */
int artifact_store_begin(ArtifactStore *s, int *ret_fd, char **ret_error);
int artifact_store_end(ArtifactStore *s, int fd, const DigestSet *digests, char **ret_error);

/* Whether the artifact of that digest and size is there. Returns 0, -ENOENT, or as artifact_store_add(). */
int artifact_store_look(ArtifactStore *s, const char *sha256, uint64_t size_bytes, char **ret_error);

/* Reads an artifact that the store has, whoever put it there, into *ret. size_bytes < 0: not known. Returns 1: it is
 * there and has that SHA-256 and size; 0: there is none, or it is not whole; -ECANCELED: stopping() became true; or as
 * artifact_store_add(). */
int artifact_store_read(ArtifactStore *s, Digests *digests, const char *sha256, int64_t size_bytes,
                        bool (*stopping)(void), DigestSet *ret, char **ret_error);

/* Makes all names durable. */
int artifact_store_sync(ArtifactStore *s, char **ret_error);
