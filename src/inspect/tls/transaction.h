// SPDX-License-Identifier: GPL-2.0-or-later
// A TLS handshake as rules see it.
#pragma once

#include "certificate.h"
#include "hello.h"
#include "nfsieve/inspect/app_parser.h"

#include <array>
#include <optional>
#include <string>
#include <vector>

namespace nfsieve::tls {

/// One a flow. A second hello or certificate of the same end takes the place of the first. Fingerprints are
/// computed when they are first asked for.
class HandshakeTransaction final : public Transaction {
public:
    HandshakeTransaction() = default;
    HandshakeTransaction(const HandshakeTransaction&) = delete; // it borrows from itself
    HandshakeTransaction& operator=(const HandshakeTransaction&) = delete;

    std::optional<BufferBytes> buffer(Side sender, const BufferView& view, std::size_t instance) override;
    [[nodiscard]] Stage stage(Side sender) const override { return part(sender).stage; }
    [[nodiscard]] std::uint64_t id() const override { return 0; }

    /// Takes the message and, if it can be read, the hello. What is odd about it is returned.
    EventSet set_hello(Side sender, std::vector<std::uint8_t>&& message, bool sslv2_format);
    /// Takes the message. What is odd about it is returned.
    EventSet set_certificates(Side sender, std::vector<std::uint8_t>&& message);
    /// A stage never sinks.
    void reach(Side sender, Stage stage);

    /// Nothing before a hello could be read.
    [[nodiscard]] const std::optional<Hello>& hello(Side sender) const { return part(sender).hello; }
    [[nodiscard]] bool has_certificate(Side sender) const { return !part(sender).certificates.chain.empty(); }
    [[nodiscard]] std::size_t memory() const;
    /// Forgets what was said.
    void clear() { parts_ = {}; }

private:
    struct Part {
        Stage stage = Stage::nothing;
        std::vector<std::uint8_t> hello_message, certificate_message; ///< borrowed from by the two below
        std::optional<Hello> hello;
        CertificateList certificates;
        std::string version;
        std::optional<std::string> ja3, ja3_hash, ja4, fingerprint;
    };

    [[nodiscard]] Part& part(Side sender) { return parts_[index(sender)]; }
    [[nodiscard]] const Part& part(Side sender) const { return parts_[index(sender)]; }
    [[nodiscard]] static std::optional<Bytes> of_hello(Side sender, Part& part, Buffer buffer,
                                                       std::size_t instance);
    [[nodiscard]] static std::optional<Bytes> of_certificates(Part& part, Buffer buffer,
                                                              std::size_t instance);

    std::array<Part, 2> parts_;
};

} // namespace nfsieve::tls
