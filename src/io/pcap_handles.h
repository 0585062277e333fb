// SPDX-License-Identifier: GPL-2.0-or-later
// The owners of libpcap's handles.
#pragma once

#include <memory>
#include <pcap/pcap.h>

namespace nfsieve {

struct PcapClose {
    void operator()(pcap_t* handle) const { ::pcap_close(handle); }
};
using PcapHandle = std::unique_ptr<pcap_t, PcapClose>;

struct PcapDumpClose {
    void operator()(pcap_dumper_t* handle) const { ::pcap_dump_close(handle); }
};
using PcapDumper = std::unique_ptr<pcap_dumper_t, PcapDumpClose>;

} // namespace nfsieve
