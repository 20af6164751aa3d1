#ifndef REASM_CMATCH_H
#define REASM_CMATCH_H
#include <stddef.h>
#include <stdint.h>

// Vectorscan, a library that searches streams for many regular expressions at once. It is loaded when cmatch_load is called, so that a
// program without patterns needs no such library. Apart from cmatch_load, no function may be called before cmatch_load succeeded.

// Name of the library file.
#define CMATCH_LIBRARY "libhs.so.5"

typedef struct cmatch_database cmatch_database;
typedef struct cmatch_scratch cmatch_scratch;
typedef struct cmatch_stream cmatch_stream;

// Flags of an expression.
enum {
  CMATCH_CASELESS = 1,
  CMATCH_DOT_ALL = 2,
  CMATCH_MULTILINE = 4,
  // The callback is told the leftmost start of each match.
  CMATCH_LEFTMOST_START = 256,
};

// Statuses. Others are errors without a name here.
enum { CMATCH_SUCCESS = 0, CMATCH_NO_MEMORY = -2 };

// Lengths of what an expression matches.
typedef struct {
  uint32_t least;
  // UINT32_MAX if there is no greatest length.
  uint32_t most;
  // Whether matches may be reported in another order than that of their ends.
  int is_unordered;
} cmatch_width;

// Called for each match: from the offset `from` to the offset `to`, which lies behind the last byte. Scanning ends unless the result is 0.
typedef int (*cmatch_callback)(unsigned int id, unsigned long long from, unsigned long long to, unsigned int flags, void *context);

// Loads the library. Answers NULL, or why it cannot be used; the text is valid until the next call.
const char *cmatch_load(void);

// The version of the library.
const char *cmatch_version(void);

// Reads the lengths of the matches of an expression. If the expression is wrong, `message` gets the reason.
int cmatch_measure(const char *expression, unsigned int flags, cmatch_width *width, char *message, size_t room);

// Compiles expressions, each with flags and an id. If it fails, `message` gets the reason, and `index` the number of the wrong expression
// in the array, negative if it is not known.
int cmatch_compile(
    const char *const *expressions, const unsigned int *flags, const unsigned int *ids, unsigned int count, cmatch_database **database,
    char *message, size_t room, int *index);
void cmatch_free_database(cmatch_database *database);

// Memory that a scan works in. One is enough for all streams that one thread scans; what `scratch` points to is NULL, or the memory for
// other databases, which gets large enough for this one too.
int cmatch_make_scratch(const cmatch_database *database, cmatch_scratch **scratch);
void cmatch_free_scratch(cmatch_scratch *scratch);

// The state of a search.
int cmatch_stream_size(const cmatch_database *database, size_t *size);
int cmatch_open_stream(const cmatch_database *database, cmatch_stream **stream);
int cmatch_scan(
    cmatch_stream *stream, const void *bytes, unsigned int count, cmatch_scratch *scratch, cmatch_callback callback, void *context);
// Ends the data, which may report matches, and begins anew at offset 0. Without a callback nothing is reported.
int cmatch_reset_stream(cmatch_stream *stream, cmatch_scratch *scratch, cmatch_callback callback, void *context);
void cmatch_close_stream(cmatch_stream *stream);
#endif
