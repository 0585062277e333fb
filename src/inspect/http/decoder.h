// SPDX-License-Identifier: GPL-2.0-or-later
// Undoes the Content-Encoding of a body (RFC 9110 section 8.4): gzip, deflate and br, in layers.
#pragma once

#include "byte_sink.h"

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

namespace nfsieve::http {

/// One layer: bytes in, decoded bytes out. What is not encoded after all goes through as it is.
class Coding {
public:
    virtual ~Coding() = default;
    /// False: `out` gave up.
    virtual bool put(Bytes bytes, ByteSink& out) = 0;
    /// No byte will follow: what is held back goes out.
    virtual bool end(ByteSink& out) = 0;
    /// Something could not be decoded.
    [[nodiscard]] virtual bool failed() const = 0;
    [[nodiscard]] virtual std::size_t memory() const = 0;
};

[[nodiscard]] std::unique_ptr<Coding> make_inflate(bool gzip_expected);
[[nodiscard]] std::unique_ptr<Coding> make_brotli();

/// Not thread-safe. Owns the decompressors' memory.
class Decoder {
public:
    struct Limits {
        std::size_t expansion; ///< decoded bytes for each one that came in, once there are more than 1 MiB
        std::size_t layers;
    };
    struct Trouble {
        bool abnormal = false;        ///< a token is spelled oddly or unknown
        bool unreadable = false;      ///< a coding that is known but cannot be undone here
        bool many_layers = false;     ///< more codings than Suricata's libhtp takes, identity included
        bool too_many_layers = false; ///< more than the limit
    };

    explicit Decoder(Limits limits) : limits_(limits) {}

    /// What the value of a Content-Encoding header asks for.
    Trouble set_up(std::string_view content_encoding);
    /// False: `out` gave up, or it is a bomb.
    bool put(Bytes bytes, ByteSink& out);
    bool end(ByteSink& out);

    [[nodiscard]] bool bomb() const { return bomb_; }
    [[nodiscard]] bool failed() const;
    [[nodiscard]] bool decodes() const { return !layers_.empty(); }
    [[nodiscard]] std::size_t memory() const;

private:
    class Stage;
    bool put_into(std::size_t layer, Bytes bytes, ByteSink& out);

    Limits limits_;
    std::vector<std::unique_ptr<Coding>> layers_; ///< in the order in which they are undone
    std::uint64_t in_ = 0, out_ = 0;
    bool bomb_ = false;
};

} // namespace nfsieve::http
