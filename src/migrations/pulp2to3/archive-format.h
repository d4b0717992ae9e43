/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The numbers of a mongodump archive that reader and writer share.
 *
 * An archive is a magic number, a prelude, and blocks up to the end of the file; all integers are
 * little-endian, and all else is BSON documents. The prelude is a document on the dump and one for each
 * collection, then an end mark. A block is a header document that names its collection, any number of that
 * collection's documents, and an end mark. A collection may have many blocks, between those of others; the
 * last of them says EOF, has no documents, and carries the CRC-64 of all the bytes of the collection's
 * documents in file order. The CRC is that of xz, so liblzma's lzma_crc64() computes it. */

#include <stdint.h>

/* "mdmp" with the high bits set; mongo-tools writes it as the first four bytes 6d e2 99 81. */
#define ARCHIVE_MAGIC UINT32_C(0x8199e26d)

/* Ends the prelude and every block. No document can begin so: its length would be negative. */
#define ARCHIVE_END_MARK UINT32_C(0xffffffff)

/* The only format version that has ever been written (field "version" of the prelude). */
#define ARCHIVE_VERSION "0.1"

/* An empty document is its length and a zero byte. MongoDB stores documents of up to 16 MiB and lets its own
 * ones, such as those of replication, be 16 KiB larger (BSONObjMaxInternalSize). */
#define ARCHIVE_DOCUMENT_MIN UINT32_C(5)
#define ARCHIVE_DOCUMENT_MAX (UINT32_C(16) * 1024 * 1024 + 16 * 1024)

/* A Pulp 2 server has 46 collections; the cap only keeps a malformed prelude from filling the memory. */
#define ARCHIVE_COLLECTIONS_MAX 4096

/* MongoDB allows 120 bytes for database and collection together (until 4.4), 255 from then on. */
#define ARCHIVE_NAME_MAX 255

/* The database of every Pulp 2 server, unless its administrator renamed it in server.conf. */
#define ARCHIVE_DATABASE_PULP "pulp_database"
