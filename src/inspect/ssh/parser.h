// SPDX-License-Identifier: GPL-2.0-or-later
// Watches the packets of SSH until both ends encrypt (RFC 4253).
#pragma once

#include "nfsieve/inspect/app_parser.h"

#include <array>

namespace nfsieve::ssh {

/// No rule looks at what SSH says: there are no transactions and nothing is told to a listener.
class SshParser final : public AppParser {
public:
    [[nodiscard]] AppProtocol protocol() const override { return AppProtocol::ssh; }
    [[nodiscard]] Outcome feed(Side sender, Bytes bytes, TransactionListener& listener) override;
    [[nodiscard]] Outcome finish(Side sender, TransactionListener& listener) override;
    [[nodiscard]] std::size_t consumed() const override { return consumed_; }
    [[nodiscard]] std::size_t memory() const override { return sizeof *this; }

private:
    static constexpr std::size_t header_size = 6; ///< length, padding length, and the message's type

    struct Direction {
        std::size_t identified = 0; ///< bytes of the identification string
        bool packets = false;       ///< it is complete
        bool new_keys = false;      ///< the packet at hand is the last in the clear
        bool encrypts = false;
        std::array<std::uint8_t, header_size> header{};
        std::size_t have = 0; ///< of the header
        std::size_t left = 0; ///< of the packet behind it
    };

    [[nodiscard]] std::size_t take(Direction& from, Bytes bytes);
    [[nodiscard]] std::size_t take_identification(Direction& from, Bytes bytes);
    void begin_packet(Direction& from);

    std::array<Direction, 2> directions_;
    std::size_t consumed_ = 0;
    Outcome outcome_ = Outcome::watching;
};

} // namespace nfsieve::ssh
