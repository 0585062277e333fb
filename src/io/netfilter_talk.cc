// SPDX-License-Identifier: GPL-2.0-or-later
#include "netfilter_talk.h"

#include <cerrno>

namespace nfsieve {

int NetfilterTalk::talk(const void* request, std::size_t size, mnl_cb_t callback, void* context) {
    drain();
    if (::mnl_socket_sendto(socket_.get(), request, size) < 0)
        return errno;
    const unsigned port = ::mnl_socket_get_portid(socket_.get());
    for (;;) {
        const ssize_t received = ::mnl_socket_recvfrom(socket_.get(), buffer_.data(), buffer_.size());
        if (received < 0 && errno == EINTR)
            continue;
        if (received < 0)
            return errno;
        const int result =
            ::mnl_cb_run(buffer_.data(), static_cast<std::size_t>(received), 0, port, callback, context);
        if (result < 0)
            return errno;
        if (result == MNL_CB_STOP)
            return 0;
    }
}

/// A refused transaction leaves an answer for each of its messages.
void NetfilterTalk::drain() {
    while (::recv(::mnl_socket_get_fd(socket_.get()), buffer_.data(), buffer_.size(), MSG_DONTWAIT) >= 0)
        ;
}

} // namespace nfsieve
