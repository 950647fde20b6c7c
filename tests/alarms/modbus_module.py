"""A Modbus/TCP module for tests, written from the protocol's own text: discrete inputs, input registers, coils."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading


class ModbusModule:
    """Answers functions 2 (discrete inputs), 4 (input registers) and 5 (write one coil)."""

    def __init__(self) -> None:
        self.inputs: dict[int, bool] = {}
        self.registers: dict[int, int] = {}
        self.coils: dict[int, bool] = {}
        self.reads = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._open = True
        self._lines: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._open = False
        for line in [self._listener, *self._lines]:
            with contextlib.suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)
            line.close()

    def _accept(self) -> None:
        while self._open:
            try:
                line, _ = self._listener.accept()
            except OSError:
                return
            self._lines.append(line)
            threading.Thread(target=self._serve, args=(line,), daemon=True).start()

    def _serve(self, line: socket.socket) -> None:
        stream = line.makefile("rb")
        try:
            while len(header := stream.read(7)) == 7:
                transaction, _, length, unit = struct.unpack(">HHHB", header)
                function, address, value = struct.unpack(">BHH", stream.read(length - 1)[:5])
                answer = self._answer(function, address, value)
                line.sendall(struct.pack(">HHHB", transaction, 0, len(answer) + 1, unit) + answer)
        except OSError:
            return

    def _answer(self, function: int, address: int, value: int) -> bytes:
        self.reads += 1
        if function == 2 and address in self.inputs:
            return bytes([2, 1, int(self.inputs[address])])
        if function == 4 and address in self.registers:
            return struct.pack(">BBH", 4, 2, self.registers[address])
        if function == 5:
            self.coils[address] = value == 0xFF00
            return struct.pack(">BHH", 5, address, value)
        return bytes([function | 0x80, 2])  # illegal data address
