// SPDX-License-Identifier: GPL-2.0-or-later
// One transaction of nf_tables: all of it takes effect at once, or nothing does.
#pragma once

#include <cstddef>
#include <cstdint>
#include <libnftnl/common.h>
#include <linux/netfilter.h>
#include <linux/netlink.h>
#include <span>
#include <vector>

namespace nfsieve {

class NftBatch {
public:
    /// Counts `sequence` on, once a message.
    explicit NftBatch(std::uint32_t& sequence) : sequence_(sequence) {
        take(::nftnl_batch_begin(end(), ++sequence_));
    }

    /// A message of `type` (NFT_MSG_…) about an object of a table of the family inet; `payload` is libnftnl's
    /// function for it.
    template <class Object>
    void add(int type, int flags, Object* object, void (*payload)(nlmsghdr*, Object*)) {
        last_ = ::nftnl_nlmsg_build_hdr(end(), static_cast<std::uint16_t>(type), NFPROTO_INET,
                                        static_cast<std::uint16_t>(flags), ++sequence_);
        payload(last_, object);
        take(last_);
    }

    /// The bytes to send: the kernel answers the last message, or those that it refuses.
    [[nodiscard]] std::span<const char> finish() {
        if (last_ != nullptr)
            last_->nlmsg_flags |= NLM_F_ACK;
        take(::nftnl_batch_end(end(), ++sequence_));
        return {buffer_.data(), size_};
    }

private:
    [[nodiscard]] char* end() { return buffer_.data() + size_; }
    void take(const nlmsghdr* message) { size_ += message->nlmsg_len; }

    /// Six short messages, one of which may name 256 interfaces.
    std::vector<char> buffer_ = std::vector<char>(32768);
    std::size_t size_ = 0;
    nlmsghdr* last_ = nullptr;
    std::uint32_t& sequence_;
};

} // namespace nfsieve
