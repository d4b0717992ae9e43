/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The content tree of a sample: units/iso/<2>/<62>/<name>, as below /var/lib/pulp/content of a Pulp 2 server.
 */

#include "migrations/pulp2to3/sample.h"

/* Creates the tree in an existing directory, the good files and the damaged ones, and sets the sha256 of
 * every unit. Returns 0, or a negative errno (-ENOSPC, -EEXIST, …) with a text that names the file. Nothing
 * is synchronised to disk: a sample is made again where it is lost. */
int sample_write_content(Sample *s, const char *directory, char **ret_error);

/* Where Pulp 2 puts a unit of the type iso, relative to the content directory: a directory named by the
 * SHA-256 of the names and values of the unit key's fields in alphabetical order (checked on a real server's
 * units). Returns 0, -ENAMETOOLONG, or -EIO when libcrypto fails. */
#define SAMPLE_DIRECTORY_SIZE 80
int sample_directory(const char *checksum, const char *name, uint32_t size_bytes,
                     char ret[static SAMPLE_DIRECTORY_SIZE]);

/* The same for a unit of the sample, whose sha256 has to be known. */
int sample_unit_directory(const Sample *s, uint32_t unit, char ret[static SAMPLE_DIRECTORY_SIZE]);
