"""The pages of the agent: the gate page (门卫页面) and the office pages (值班室页面). No rules of their own."""
