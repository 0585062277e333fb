// SPDX-License-Identifier: GPL-2.0-or-later
// A request and its response, with the buffers that rules look at as Suricata 7 defines them.
// https://docs.suricata.io/en/suricata-7.0.10/rules/http-keywords.html
#pragma once

#include "body.h"
#include "htp_handles.h"
#include "nfsieve/inspect/app_parser.h"

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace nfsieve::http {

/// Borrows libhtp's transaction, which lives as long.
class HttpTransaction final : public Transaction {
public:
    /// `asked`: its request was seen; else libhtp made it up for a response.
    HttpTransaction(htp_tx_t& tx, std::uint64_t id, bool asked) : tx_(tx), id_(id), asked_(asked) {}

    [[nodiscard]] std::optional<BufferBytes> buffer(Side sender, const BufferView& view,
                                                    std::size_t instance) override;
    [[nodiscard]] Stage stage(Side sender) const override { return half(sender).stage; }
    [[nodiscard]] std::uint64_t id() const override { return id_; }

    [[nodiscard]] htp_tx_t& tx() { return tx_; }
    [[nodiscard]] bool asked() const { return asked_; }
    /// HTTP/0.9: the answer is a body and nothing else. A request without a protocol may be of that kind;
    /// lines behind it, or an answer with a status line, say that the protocol is merely missing.
    enum class Old : std::uint8_t { no, maybe, yes };
    [[nodiscard]] Old old() const { return old_; }
    void set_old(Old old) { old_ = old; }
    /// libhtp believes headers that announce a body where there is none. With its line read, and once its
    /// headers are.
    void begin_response_headers();
    [[nodiscard]] unsigned continues() const { return continues_; } ///< 100 (Continue) so far
    void end_response_headers() { tx_.request_method_number = method_.value_or(tx_.request_method_number); }
    /// libhtp must not read the names of these headers.
    [[nodiscard]] bool masks_headers() const { return masks_headers_; }
    [[nodiscard]] bool ended() const {
        return half(Side::client).stage == Stage::complete && half(Side::server).stage == Stage::complete;
    }
    void set_stage(Side sender, Stage stage) { half(sender).stage = stage; }

    /// Line and headers of an interim response are forgotten.
    void restart_response();
    void add_raw_headers(Side sender, std::string_view bytes);
    [[nodiscard]] std::string_view raw_headers(Side sender) const { return half(sender).raw_headers; }
    /// Trailers have come: what was built of the headers is built anew.
    void forget_built(Side sender) {
        half(sender).built = {};
        half(sender).lines.reset();
    }

    [[nodiscard]] Body* body(Side sender) { return half(sender).body.get(); }
    void set_body(Side sender, std::unique_ptr<Body> body) { half(sender).body = std::move(body); }
    [[nodiscard]] std::unique_ptr<Body> take_body(Side sender) { return std::move(half(sender).body); }
    /// The value of the first header of this name (small letters), as receivers read it: without NULs.
    [[nodiscard]] std::string header(Side sender, std::string_view name) const;
    [[nodiscard]] std::size_t memory() const;

private:
    struct Half {
        Stage stage = Stage::nothing;
        std::string raw_headers;
        /// Whole buffers that libhtp does not have as such.
        std::array<std::optional<std::string>, 5> built;
        std::optional<std::vector<std::string>> lines; ///< "name: value"
        std::unique_ptr<Body> body;
    };

    [[nodiscard]] Half& half(Side side) { return halves_[index(side)]; }
    [[nodiscard]] const Half& half(Side side) const { return halves_[index(side)]; }
    [[nodiscard]] const htp_table_t* headers(Side sender) const;
    [[nodiscard]] std::optional<std::string_view> whole(Side sender, Buffer buffer);
    [[nodiscard]] std::optional<std::string_view> line_part(Side sender, Buffer buffer);
    [[nodiscard]] std::optional<std::string_view> header_value(Side sender, std::string_view name) const;
    [[nodiscard]] std::optional<std::string_view> raw_host() const;
    [[nodiscard]] static std::size_t place_of(Buffer buffer);
    [[nodiscard]] std::optional<std::string_view> built(Side sender, Buffer buffer);
    [[nodiscard]] std::string build(Side sender, Buffer buffer) const;
    [[nodiscard]] std::string build_headers(Side sender) const;
    [[nodiscard]] std::string build_names(Side sender) const;
    [[nodiscard]] std::string build_start(Side sender) const;
    [[nodiscard]] std::string build_uri() const;
    [[nodiscard]] std::optional<std::string_view> header_line(Side sender, std::size_t instance);
    [[nodiscard]] std::optional<BufferBytes> body_buffer(Side sender, Buffer buffer);

    htp_tx_t& tx_;
    const std::uint64_t id_;
    const bool asked_;
    Old old_ = Old::no;
    std::optional<htp_method_t> method_; ///< of the request, while libhtp believes in another
    bool masks_headers_ = false;
    unsigned continues_ = 0;
    std::array<Half, 2> halves_;
};

} // namespace nfsieve::http
