// SPDX-License-Identifier: GPL-2.0-or-later
// Puts handshake messages of one direction together from the bodies of records.
#pragma once

#include "nfsieve/base/bytes.h"
#include "nfsieve/flow/connection.h"
#include "protocol.h"

#include <array>
#include <vector>

namespace nfsieve::tls {

class MessageReader {
public:
    enum class State : std::uint8_t {
        partial,
        begun,    ///< type() is known now
        complete, ///< body() is there until the next call
        too_long, ///< its length would lead beyond the limit
    };
    struct Step {
        std::size_t taken = 0; ///< bytes off the front of what was given
        State state = State::partial;
    };

    /// `limit`: bytes of all messages together, their headers too.
    MessageReader(Side sender, std::size_t limit) : sender_(sender), limit_(limit) {}

    /// Takes bytes up to the end of a message or of its header, or nothing where an empty message ends with
    /// its header. `bytes` may be empty.
    [[nodiscard]] Step take(Bytes bytes);
    [[nodiscard]] std::uint8_t type() const { return header_[0]; }
    /// Of a complete message that is kept(); the bytes may be moved away.
    [[nodiscard]] std::vector<std::uint8_t>& body() { return body_; }
    /// Whether bodies of this message's type are kept: hellos of this end, and certificates.
    [[nodiscard]] bool kept() const;
    [[nodiscard]] std::size_t memory() const { return body_.capacity(); }

private:
    Side sender_;
    std::size_t limit_;
    std::size_t total_ = 0;
    std::array<std::uint8_t, message_header_size> header_{};
    std::size_t have_ = 0; ///< of the header
    std::size_t left_ = 0; ///< of the body
    std::vector<std::uint8_t> body_;
};

} // namespace nfsieve::tls
