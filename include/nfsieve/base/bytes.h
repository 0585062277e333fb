// SPDX-License-Identifier: GPL-2.0-or-later
// Borrowed bytes and big-endian reads with bounds.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace nfsieve {

/// Borrowed, read-only bytes. The lender outlives the view.
using Bytes = std::span<const std::uint8_t>;

/// The bytes of a string, borrowed.
[[nodiscard]] inline Bytes as_bytes(std::string_view text) {
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

/// Bytes as a string view, borrowed.
[[nodiscard]] inline std::string_view as_text(Bytes bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

[[nodiscard]] inline std::uint16_t load_be16(const std::uint8_t* at) {
    return static_cast<std::uint16_t>((at[0] << 8) | at[1]);
}

[[nodiscard]] inline std::uint32_t load_be32(const std::uint8_t* at) {
    return (std::uint32_t{at[0]} << 24) | (std::uint32_t{at[1]} << 16) | (std::uint32_t{at[2]} << 8) | at[3];
}

inline void store_be16(std::uint8_t* at, std::uint16_t value) {
    at[0] = static_cast<std::uint8_t>(value >> 8);
    at[1] = static_cast<std::uint8_t>(value);
}

inline void store_be32(std::uint8_t* at, std::uint32_t value) {
    store_be16(at, static_cast<std::uint16_t>(value >> 16));
    store_be16(at + 2, static_cast<std::uint16_t>(value));
}

/// Reads forward through borrowed bytes and never past their end: a read that does not fit returns zero and
/// makes `ok()` false for good, so that a decoder may check once after several reads.
class ByteReader {
public:
    explicit ByteReader(Bytes bytes) : bytes_(bytes) {}

    [[nodiscard]] bool ok() const { return ok_; }
    [[nodiscard]] std::size_t left() const { return bytes_.size() - at_; }
    [[nodiscard]] std::size_t position() const { return at_; }

    std::uint8_t u8() { return take(1) ? bytes_[at_ - 1] : std::uint8_t{0}; }
    std::uint16_t be16() { return take(2) ? load_be16(&bytes_[at_ - 2]) : std::uint16_t{0}; }
    std::uint32_t be32() { return take(4) ? load_be32(&bytes_[at_ - 4]) : 0U; }

    /// The next `count` bytes, borrowed; empty (and not ok) where fewer are left.
    Bytes bytes(std::size_t count) { return take(count) ? bytes_.subspan(at_ - count, count) : Bytes{}; }

    void skip(std::size_t count) { take(count); }

private:
    bool take(std::size_t count) {
        if (!ok_ || count > left()) {
            ok_ = false;
            return false;
        }
        at_ += count;
        return true;
    }

    Bytes bytes_;
    std::size_t at_ = 0;
    bool ok_ = true;
};

} // namespace nfsieve
