// SPDX-License-Identifier: GPL-2.0-or-later
// The owner of libmnl's socket. The order of the includes matters: the C library's headers before the
// kernel's, and the kernel's before libnetfilter_queue's older copy of one of them.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <linux/netfilter.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <linux/netfilter/nfnetlink_queue.h>

#include <libmnl/libmnl.h>
#include <libnetfilter_queue/libnetfilter_queue.h>

#include <memory>

namespace nfsieve {

struct MnlClose {
    void operator()(mnl_socket* socket) const { ::mnl_socket_close(socket); }
};
using MnlSocket = std::unique_ptr<mnl_socket, MnlClose>;

} // namespace nfsieve
