#ifndef REASM_CCRYPTO_SHIM_H
#define REASM_CCRYPTO_SHIM_H
#include <openssl/evp.h>
#include <openssl/sha.h>
#endif
