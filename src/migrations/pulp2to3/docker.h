/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What Pulp 2 keeps of container images: digests, manifests of schema 1 and 2, and manifest lists. */

#include <jansson.h>

#include "migrations/pulp2to3/digests.h"

/* Registries refuse larger manifests. Source: distribution/distribution, the limit of a manifest's body. */
#define DOCKER_MANIFEST_BYTES_MAX (4 * 1024 * 1024)

/* "sha256:…": the algorithm as DIGEST_*, and the lower-case hexadecimal digits, which point into text. Returns 0, or
 * -EBADMSG: it is no digest, or of another algorithm than SHA-256, SHA-384 and SHA-512. text may be NULL. */
int docker_digest_parse(const char *text, int *ret_algorithm, const char **ret_hex);

/* The digests of the part of a manifest of schema 1 that is signed, which its digest is made of. Returns 1, 0: it has
 * no signatures, its digest is that of all its bytes; -ENOMEM, -EIO, or -EBADMSG with the reason: it cannot be read.
 * Source: the signatures' "protected" of "Image Manifest Version 2, Schema 1". */
int docker_signed_digests(Digests *digests, const char *text, size_t size, DigestSet *ret, char **ret_reason);

/* What becomes of a document of units_docker_manifest: {"digest", "schema_version", "media_type", "config_blob":
 * digest or null, "blobs": [digest…]}, without layers that are not to be distributed. Returns 0, -ENOMEM, or -EBADMSG
 * with a reason that names the field. */
int docker_manifest_columns(const json_t *document, json_t **ret, char **ret_reason);

/* The same for units_docker_manifest_list, whose file says of each manifest what platform it is for: {"digest",
 * "schema_version", "media_type", "config_blob": null, "listed": [{"digest", "architecture", "os", "os_version",
 * "os_features", "features", "variant"}…]}. The reason names the member of the file. */
int docker_list_columns(const json_t *document, const char *text, size_t size, json_t **ret, char **ret_reason);
