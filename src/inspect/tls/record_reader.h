// SPDX-License-Identifier: GPL-2.0-or-later
// The record layer of one direction, as the bytes come.
#pragma once

#include "nfsieve/base/bytes.h"
#include "protocol.h"

#include <array>

namespace nfsieve::tls {

struct RecordHeader {
    std::uint8_t type = 0;
    std::uint16_t version = 0;
    std::uint16_t length = 0;
};

/// Keeps five bytes at most: bodies pass through.
class RecordReader {
public:
    struct Piece {
        std::size_t taken = 0; ///< bytes off the front of what was given
        bool header = false;   ///< the header is complete now
        Bytes body;            ///< bytes of the body, borrowed; empty for a header
    };

    /// Takes either bytes of a header, up to its end, or of a body. `bytes` is not empty.
    [[nodiscard]] Piece take(Bytes bytes);
    /// Of the record that was begun last.
    [[nodiscard]] const RecordHeader& header() const { return header_; }
    /// The next byte begins a record.
    [[nodiscard]] bool at_start() const { return have_ == 0; }

private:
    std::array<std::uint8_t, record_header_size> raw_{};
    std::size_t have_ = 0; ///< of the header
    std::size_t left_ = 0; ///< of the body
    RecordHeader header_;
};

} // namespace nfsieve::tls
