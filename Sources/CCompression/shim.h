#ifndef REASM_CCOMPRESSION_SHIM_H
#define REASM_CCOMPRESSION_SHIM_H
#include <brotli/decode.h>
#include <bzlib.h>
#include <lz4frame.h>
#include <lzma.h>
#include <nghttp2/nghttp2.h>
#include <zlib.h>
#include <zstd.h>
#endif
