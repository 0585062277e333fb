// SPDX-License-Identifier: GPL-2.0-or-later
// Requests to netfilter and their answers, which come within the request's own system call.
#pragma once

#include "netfilter_socket.h"

#include <cstddef>
#include <cstdint>
#include <libnftnl/common.h>
#include <vector>

namespace nfsieve {

/// Belongs to one thread.
class NetfilterTalk {
public:
    explicit NetfilterTalk(MnlSocket socket) : socket_(std::move(socket)), buffer_(buffer_size) {}

    /// Counted on by whoever makes a message.
    [[nodiscard]] std::uint32_t& sequence() { return sequence_; }

    /// Sends, and reads up to the answer to the last message that asks for one. The kernel's errno, or 0.
    [[nodiscard]] int talk(const void* request, std::size_t size, mnl_cb_t callback, void* context);

    /// Asks nf_tables about an object of a table of `family`: `type` is NFT_MSG_GET…, `flags` ask for a dump
    /// or an acknowledgment, `payload` is libnftnl's function for such an object.
    template <class Object>
    [[nodiscard]] int ask(int family, int type, int flags, Object* object,
                          void (*payload)(nlmsghdr*, Object*), mnl_cb_t callback, void* context) {
        std::vector<char> request(buffer_size);
        nlmsghdr* const message = ::nftnl_nlmsg_build_hdr(request.data(), static_cast<std::uint16_t>(type),
                                                          static_cast<std::uint16_t>(family),
                                                          static_cast<std::uint16_t>(flags), ++sequence_);
        payload(message, object);
        return talk(message, message->nlmsg_len, callback, context);
    }

private:
    static constexpr std::size_t buffer_size = 32768; ///< no datagram of a dump is larger (netlink_dump())

    void drain();

    MnlSocket socket_;
    std::vector<char> buffer_;
    std::uint32_t sequence_ = 0;
};

} // namespace nfsieve
