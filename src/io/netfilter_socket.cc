// SPDX-License-Identifier: GPL-2.0-or-later
#include "netfilter_socket.h"

#include <cerrno>
#include <cstring>
#include <sys/time.h>

namespace nfsieve {

Result<MnlSocket> open_netfilter_socket(unsigned groups) {
    constexpr timeval answer_timeout = {1, 0};
    MnlSocket socket(::mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC));
    if (!socket || ::mnl_socket_bind(socket.get(), groups, MNL_SOCKET_AUTOPID) < 0 ||
        ::setsockopt(::mnl_socket_get_fd(socket.get()), SOL_SOCKET, SO_RCVTIMEO, &answer_timeout,
                     sizeof answer_timeout) != 0)
        return Error{std::string("netfilter socket: ") + std::strerror(errno)};
    return socket;
}

Error netfilter_refusal(const std::string& what, int error) {
    return Error{what + ": " + std::strerror(error) + (error == EPERM ? "; this needs CAP_NET_ADMIN" : "")};
}

} // namespace nfsieve
