#ifndef REASM_CPREFETCH_SHIM_H
#define REASM_CPREFETCH_SHIM_H

// The processor's hint that memory is needed soon: Swift has no word for it. It changes nothing, reads nothing and cannot fail, whatever
// the address is.
static inline void reasm_prefetch(const void *address) { __builtin_prefetch(address); }

#endif
