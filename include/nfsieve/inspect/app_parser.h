// SPDX-License-Identifier: GPL-2.0-or-later
// Parsers of what runs over TCP: ordered bytes in, transactions with named buffers out.
#pragma once

#include "nfsieve/base/bytes.h"
#include "nfsieve/flow/connection.h"
#include "nfsieve/inspect/check_runner.h"
#include "nfsieve/rules/buffer.h"

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace nfsieve {

/// How far one direction of a transaction has come. A stage is reached after those before it.
enum class Stage : std::uint8_t { nothing, line, headers, body, complete };

/// A request and its answer; a TLS handshake is one.
class Transaction {
public:
    virtual ~Transaction() = default;

    /// What `sender` said in this buffer; nothing where it has not said it so far, or never will. `instance`
    /// counts from 0 for buffers of kind `instances`. The bytes are borrowed until the parser is fed again.
    [[nodiscard]] virtual std::optional<BufferBytes> buffer(Side sender, const BufferView& view,
                                                            std::size_t instance) = 0;
    [[nodiscard]] virtual Stage stage(Side sender) const = 0;
    /// Counts up within the flow.
    [[nodiscard]] virtual std::uint64_t id() const = 0;
};

/// The stage of `sender`'s part at which a buffer is all there (line or headers, or complete for bodies).
[[nodiscard]] Stage stage_of(Buffer buffer);

/// Hears what happens while bytes are fed. Calls come in the order of the bytes.
class TransactionListener {
public:
    virtual ~TransactionListener() = default;
    /// Buffers of this stage can be read now.
    virtual void on_stage(Transaction& transaction, Side sender, Stage reached) = 0;
    /// A body has grown: at most `fresh` bytes at the end of what Transaction::buffer(file_data and the body)
    /// gives. The two differ for a form with files, and either may hold fewer than `fresh` bytes.
    virtual void on_body(Transaction& transaction, Side sender, std::size_t fresh) = 0;
    /// Something is odd; names as Suricata's app-layer-event has them ("http.request_header_invalid").
    virtual void on_event(Transaction* transaction, Side sender, std::string_view name) = 0;
    /// Receivers find the end of this message in different places: what follows is its body for one and a
    /// message for another. Parsing goes on as the protocol's specification has it.
    virtual void on_ambiguous_end(Side) {}
    /// Both ends have finished; the transaction is gone after the call.
    virtual void on_end(Transaction& transaction) = 0;
};

/// One connection's parser. One worker thread. Takes any bytes; its memory is bounded.
class AppParser {
public:
    enum class Outcome : std::uint8_t {
        going,
        over,      ///< what follows is none of this parser's business (an upgrade)
        watching,  ///< no transaction follows; it is fed on until it tells whether both ends encrypt
        encrypted, ///< both ends encrypt all that they say behind consumed()
        tunnel,    ///< over, and what follows is as on a connection of its own (CONNECT)
        failed,    ///< it cannot follow any more: raw payload rules alone judge from here on
    };
    virtual ~AppParser() = default;

    [[nodiscard]] virtual AppProtocol protocol() const = 0;
    [[nodiscard]] virtual Outcome feed(Side sender, Bytes bytes, TransactionListener& listener) = 0;
    /// The sender's stream has ended.
    [[nodiscard]] virtual Outcome finish(Side sender, TransactionListener& listener) = 0;
    /// It is fed nothing more of what `sender` says, who goes on all the same. Transactions end with what the
    /// other end says; of the sender's part no further stage is told, for nobody knows it.
    virtual void mute(Side, TransactionListener&) {}
    /// With Outcome::tunnel: bytes that it was fed and that are the tunnel's. Once.
    [[nodiscard]] virtual std::vector<std::uint8_t> take_rest(Side) { return {}; }
    /// Bytes that were fed in the call that the listener is called from and are parsed so far.
    [[nodiscard]] virtual std::size_t consumed() const = 0;
    /// Bytes of memory that it holds, near enough to cap it.
    [[nodiscard]] virtual std::size_t memory() const = 0;
};

/// What the first bytes of a direction look like. `more`: too few to tell.
enum class Likeness : std::uint8_t { no, yes, more };

[[nodiscard]] Likeness looks_like_http(Side sender, Bytes first);
[[nodiscard]] Likeness looks_like_tls(Side sender, Bytes first);
/// Of SSH 2, whose ends begin alike (RFC 4253, 4.2). A server that says something ahead of its identification
/// is not recognised.
[[nodiscard]] Likeness looks_like_ssh(Bytes first);

} // namespace nfsieve
