"""Papers (文书): one typed report becomes a PDF in official form and a spreadsheet; uploaded spreadsheets are read."""
