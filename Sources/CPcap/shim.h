#ifndef REASM_CPCAP_SHIM_H
#define REASM_CPCAP_SHIM_H
#include <pcap/pcap.h>
#endif
