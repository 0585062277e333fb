// SPDX-License-Identifier: GPL-2.0-or-later
#include "nfsieve/io/nft_watch.h"

#include "netfilter_socket.h"

#include <array>
#include <cerrno>

namespace nfsieve {
namespace {

class NetlinkWatch : public NftWatch {
public:
    explicit NetlinkWatch(MnlSocket socket) : socket_(std::move(socket)) {}

    int fd() const override { return ::mnl_socket_get_fd(socket_.get()); }

    /// What the messages say does not matter, and neither that some are lost (ENOBUFS).
    bool changed() override {
        bool any = false;
        for (;;) {
            const ssize_t received = ::recv(fd(), buffer_.data(), buffer_.size(), MSG_DONTWAIT | MSG_TRUNC);
            if (received < 0 && errno != ENOBUFS && errno != EINTR)
                return any;
            any = true;
        }
    }

private:
    MnlSocket socket_;
    std::array<char, 256> buffer_{};
};

} // namespace

Result<std::unique_ptr<NftWatch>> open_nft_watch() {
    auto socket = open_netfilter_socket(1U << (NFNLGRP_NFTABLES - 1));
    if (!socket)
        return Error{"changes of nftables cannot be watched: " + socket.error().message};
    return std::unique_ptr<NftWatch>(std::make_unique<NetlinkWatch>(*std::move(socket)));
}

} // namespace nfsieve
